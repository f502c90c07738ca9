# The last words of `docker compose up`: where the service is, and a token of its development issuer.
set -eu
if [ "${PHI_TLS:-none}" = none ]; then
  address=http://127.0.0.1:$WELCOME_PORT curl='curl -s'
else
  # Nobody vouches for the certificate that the service has made for itself.
  address=https://127.0.0.1:$WELCOME_PORT curl='curl -sk'
fi
token=$(phi token --issuer /var/lib/phi --scope 'system/*.cruds user/AuditEvent.rs' --expires 8h)
cat <<END

  Healthcare Security Platform is ready (aws platform on LocalStack).

  Swagger UI        $address/docs
  Token (8 hours)   $token

  Create a patient:

  $curl $address/v1/patients -H 'content-type: application/json' -H 'authorization: Bearer $token' -d '{"name":[{"family":"Rivera","given":["Ana"]}],"birthDate":"1984-05-17","notes":"Call her at 202-555-0143."}'

END
