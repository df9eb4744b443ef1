// form[data-passkey="create" | "get"]: asks the device for a passkey and sends what it answers.
// [data-passkey-offer]: shown where this browser can do so; [data-passkey-none]: shown where it can't.

// An address of numbers is no name that a passkey could belong to.
const named = !/^[\d.]+$|:/.test(location.hostname);
const able = named && window.isSecureContext && "PublicKeyCredential" in window;

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (some) => some?.map((each) => ({ ...each, id: bytes(each.id) })) ?? [];

const deeds = {
  async create(options) {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: listed(options.excludeCredentials),
      },
    });
    return {
      ...told(made),
      extensions: JSON.stringify(made.getClientExtensionResults()),
      response: {
        clientDataJSON: text(made.response.clientDataJSON),
        attestationObject: text(made.response.attestationObject),
        transports: made.response.getTransports?.() ?? [],
      },
    };
  },
  async get(options) {
    const found = await navigator.credentials.get({
      publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) },
    });
    const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
    return {
      ...told(found),
      response: {
        clientDataJSON: text(clientDataJSON),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
        userHandle: userHandle ? text(userHandle) : null,
      },
    };
  },
};

const told = (credential) => ({ id: credential.id, rawId: text(credential.rawId), type: credential.type });

function ask(form) {
  const answer = form.elements.credential;
  const [wait, trouble] = ["wait", "trouble"].map((part) => form.querySelector(`[data-passkey-${part}]`));
  const show = (failed) => { wait.hidden = failed; trouble.hidden = !failed; };
  let asking = false;
  const run = async () => {
    if (asking) return;
    asking = true;
    show(false);
    try {
      answer.value = JSON.stringify(await deeds[form.dataset.passkey](JSON.parse(form.dataset.options)));
      form.submit();
    } catch {
      show(true);
    }
    asking = false;
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
  run();
}

export function enhance(element) {
  if (element.matches("form[data-passkey]")) ask(element);
  else if (element.matches("[data-passkey-offer]")) element.hidden = !able;
  else element.hidden = able;
}
