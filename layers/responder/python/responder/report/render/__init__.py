"""One document, rendered as Markdown, as a page, and for a ticket. Pure, no I/O."""
