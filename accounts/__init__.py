"""Who is asking? Users named by e-mail, roles, API keys, sign-in."""
