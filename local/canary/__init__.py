"""`make canary`: what only AWS can show, of a stack that lives for some minutes in your account."""
