"""What the functional tests stand on: a site of real processes, and people made of software.

Nothing here is Sallyport's own code: the passkey, HPKE, TOTP and the embedded directory's file are read and
written from the standards and docs/, so that the tests are a second opinion.
"""
