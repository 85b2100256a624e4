-- To which trace an exchange belongs (W3C Trace Context): random numbers, and nothing where nothing is followed.
ALTER TABLE hub.exchange ADD COLUMN traceparent text;
