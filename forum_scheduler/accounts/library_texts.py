"""Texts of Flask-Security that our pages and mails show.

The library has no Ukrainian of its own. ``forum_scheduler.security`` makes it look its texts up in our
catalogues, which find them here; the spelling is the library's, letter by letter.
"""

from __future__ import annotations

from typing import Final


def N_(text: str) -> str:  # noqa: N802  # the usual name of "to be translated, but later"
    """The text itself: only a mark for those that collect texts."""
    return text


LABELS: Final = (
    N_("Email Address"),
    N_("Password"),
    N_("New Password"),
    N_("Retype Password"),
    N_("Authentication Code"),
    N_("Recovery Code"),
    N_("Available Second Factor Methods:"),
    N_("Use previously downloaded recovery code"),
    N_("authenticator"),
)
MESSAGES: Final = (
    N_("Authentication failed - identity or password/passcode invalid"),
    N_("You do not have permission to view this resource."),
    N_("You must sign in to view this resource."),
    N_("You must reauthenticate to access this endpoint"),
    N_("Please log in to access this page."),
    N_("Please reauthenticate to access this page."),
    N_("Reauthentication successful"),
    N_("You can only access this endpoint when not logged in."),
    N_("Redirections outside the domain are forbidden"),
    N_("Account is disabled."),
    N_("Specified user does not exist"),
    N_("Email not provided"),
    N_("Invalid email address"),
    N_("Password not provided"),
    N_("Password must be at least %(length)s characters"),
    N_("Password not complex enough"),
    N_("Password does not match"),
    N_("Passwords do not match"),
    N_("Invalid password"),
    N_("Password or code submitted is not valid"),
    N_("Your new password must be different than your previous password."),
    N_("You successfully changed your password."),
    N_("Invalid code"),
    N_("Recovery code invalid"),
    N_("No recovery codes generated yet"),
    N_("Your code has been confirmed"),
    N_("You successfully changed your two-factor method."),
    N_("You currently do not have permissions to access this page"),
    N_("Marked method is not valid"),
    N_("You successfully disabled two-factor authorization."),
    N_("Passkey operations must be completed within %(within)s. Please start over."),
    N_("%(name)s is already associated with a passkey."),
    N_("%(name)s not registered with current user."),
    N_("Passkey nicknames can contain only letters, numbers, and limited punctuation."),
    N_("Successfully deleted the passkey with name: %(name)s"),
    N_("Successfully added the passkey with name: %(name)s"),
    N_("Passkey already registered."),
    N_("Unregistered passkey."),
    N_("Passkey doesn't belong to any user."),
    N_("Could not verify passkey: %(cause)s."),
    N_("Passkey not registered for this use (first or secondary)"),
    N_("Credential user handle didn't match"),
    N_("Input not appropriate for requested API"),
    N_("Value entered is not valid for the field"),
    N_("Setup must be completed within %(within)s. Please start over."),
)
SUBJECTS: Final = (N_("Your password has been changed"),)
