"""Reads an .ics from standard input by libical (Evolution, KDE) and writes what it found as JSON.

To be run by the system's Python, which has Debian's gir1.2-ical-3.0 and python3-gi.
"""

import json
import sys

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402 -- the version comes first

KIND = ICalGLib.ComponentKind
PROPERTY = ICalGLib.PropertyKind


def components(parent, kind):
    component = parent.get_first_component(kind)
    while component is not None:
        yield component
        component = parent.get_next_component(kind)


def errors(component):
    found = []
    each = component.get_first_property(PROPERTY.XLICERROR_PROPERTY)
    while each is not None:
        found.append(each.get_value_as_string())
        each = component.get_next_property(PROPERTY.XLICERROR_PROPERTY)
    for inner in components(component, KIND.ANY_COMPONENT):
        found += errors(inner)
    return found


def text(component, kind):
    each = component.get_first_property(kind)
    return (
        None
        if each is None
        else each.get_value().get_text()
        if text_like(kind)
        else each.get_value_as_string()
    )


def text_like(kind):
    return kind in (PROPERTY.SUMMARY_PROPERTY, PROPERTY.DESCRIPTION_PROPERTY, PROPERTY.LOCATION_PROPERTY)


def parameter(component, kind, name):
    each = component.get_first_property(kind)
    return None if each is None else each.get_parameter_as_string(name)


calendar = ICalGLib.Component.new_from_string(sys.stdin.buffer.read().decode())
if calendar is None:
    json.dump({"errors": ["not parsed"], "events": []}, sys.stdout)
    raise SystemExit
problems = errors(calendar)
# Checks what RFC 5546 wants of each method; notes what is wrong as further error properties.
if not ICalGLib.restriction_check(calendar) and calendar.get_method() != ICalGLib.PropertyMethod.NONE:
    problems += errors(calendar) or ["a rule of iTIP is broken"]
json.dump(
    {
        "errors": problems,
        "events": [
            {
                "uid": event.get_uid(),
                "sequence": event.get_sequence(),
                "start": event.get_dtstart().as_ical_string(),
                "end": event.get_dtend().as_ical_string(),
                "summary": text(event, PROPERTY.SUMMARY_PROPERTY),
                "description": text(event, PROPERTY.DESCRIPTION_PROPERTY),
                "location": text(event, PROPERTY.LOCATION_PROPERTY),
                "status": text(event, PROPERTY.STATUS_PROPERTY),
                "organizer": text(event, PROPERTY.ORGANIZER_PROPERTY),
                "attendee": text(event, PROPERTY.ATTENDEE_PROPERTY),
                "attendee_name": parameter(event, PROPERTY.ATTENDEE_PROPERTY, "CN"),
                "alarms": sum(1 for _ in components(event, KIND.VALARM_COMPONENT)),
            }
            for event in components(calendar, KIND.VEVENT_COMPONENT)
        ],
    },
    sys.stdout,
)
