"""One Agenda record, shown as page, calendar, PDF and spreadsheet."""
