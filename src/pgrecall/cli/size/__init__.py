"""``pgrecall size``: what a collection would take, reckoned before there is one."""
