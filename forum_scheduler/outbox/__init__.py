"""The outbox: every mail is a row first, sent by the worker, tried again, and never sent twice."""
