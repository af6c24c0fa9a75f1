"""Tax exemption documents: the certificate, from upload to expiry."""
