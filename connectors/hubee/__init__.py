"""HubEE, the State's exchange hub, receiving side: notifications, cases, attachments with digest, statuses."""
