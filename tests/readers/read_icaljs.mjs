// Reads an .ics from standard input by ical.js (Thunderbird) and writes what it found as JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const value = (component, name) => component.getFirstPropertyValue(name)?.toString() ?? null;
console.log(JSON.stringify({
  name: value(calendar, "name"),
  method: value(calendar, "method"),
  refresh: value(calendar, "refresh-interval"),
  refreshType: calendar.getFirstProperty("refresh-interval")?.type ?? null,
  description: value(calendar, "x-wr-caldesc"),
  events: calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return {
      uid: event.uid,
      sequence: event.sequence,
      start: event.startDate.toString(),
      end: event.endDate.toString(),
      zone: event.startDate.zone.tzid,
      summary: event.summary,
      description: event.description,
      location: event.location,
      status: value(component, "status"),
      transparent: value(component, "transp"),
      url: value(component, "url"),
      categories: component.getFirstProperty("categories")?.getValues() ?? [],
      stamp: value(component, "dtstamp"),
      attendee: component.getFirstProperty("attendee")?.toJSON() ?? null,
      alarms: component.getAllSubcomponents("valarm").map((alarm) => value(alarm, "trigger")),
    };
  }),
}));
