-- To which trace a notification belongs (W3C Trace Context): random numbers, and nothing where nothing is followed.
ALTER TABLE hub.delivery ADD COLUMN traceparent text;
