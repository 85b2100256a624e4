"""What lies in the store and what the rows say, compared: noise is swept away in its time, what is missing is named."""
