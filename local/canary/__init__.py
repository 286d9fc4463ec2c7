"""`make canary`: checks what only AWS can show, on a stack that exists for some minutes in your account."""
