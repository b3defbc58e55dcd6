#!/usr/bin/env bash
# A developer's way with sealed secrets, with any kubeseal, against whatever KUBECONFIG names.
# Use: KUBESEAL=path KUBECTL=path KUBECONFIG=path tests/peers/seal_session.sh
. "$(dirname "$0")/expect.sh"
: "${KUBESEAL:?names the kubeseal to use}"
until_equal() { # until_equal WANTED command...: asks again for ten seconds
  local wanted=$1 seen
  shift
  for _ in $(seq 50); do
    seen=$("$@" 2>&1)
    [ "$seen" = "$wanted" ] && { echo "$seen"; return 0; }
    read -rt 0.2 <> <(:)
  done
  echo "$seen"
  return 1
}
value() { n get secret "$1" -o "go-template={{index .data \"$2\" | base64decode}}"; }
condition() { n get sealedsecret "$1" -o 'jsonpath={.status.conditions[0].status} {.status.conditions[0].message}'; }

# validated FILE: asks the controller, and again while it wants fewer questions in a second
validated() {
  local said status
  for _ in $(seq 40); do
    said=$("$KUBESEAL" --validate <"$1" 2>&1)
    status=$?
    [[ $said == *'too many requests'* ]] || break
    read -rt 0.25 <> <(:)
  done
  [ -z "$said" ] || echo "$said"
  return $status
}

expect 'a namespace' 'created' k create namespace "$space"
expect 'the certificate, through the service proxy' 'BEGIN CERTIFICATE' "$KUBESEAL" --fetch-cert
"$KUBESEAL" --fetch-cert >cert.pem

n create secret generic db --from-literal=user=me --from-literal=password='first one' --dry-run=client -o yaml >secret.yaml
expect 'seals without --cert' 'kind: SealedSecret' sh -c "'$KUBESEAL' -n '$space' -o yaml <secret.yaml | tee sealed.yaml"
expect 'what was sealed shows no value' '^$' sh -c "grep -e 'first one' -e Zmlyc3Qgb25l sealed.yaml || true"
expect 'applies' 'sealedsecret.bitnami.com/db created' n apply -f sealed.yaml
expect 'is opened' '^first one' until_equal 'first one' value db password
expect 'says so' '^True ' until_equal 'True ' condition db
expect 'tells it in an event' 'Unsealed.*SealedSecret unsealed successfully' n get events --field-selector reason=Unsealed
expect 'shows it in the table' 'NAME +STATUS +SYNCED +AGE.db +True' n get sealedsecrets
expect 'is owned by it' '^SealedSecret db true' n get secret db -o 'jsonpath={.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name} {.metadata.ownerReferences[0].controller}'

n create secret generic db --from-literal=user=me --from-literal=password='second one' --dry-run=client -o json >secret.json
expect 'a changed secret, with the certificate' '"kind": "SealedSecret"' sh -c "'$KUBESEAL' --cert cert.pem <secret.json | tee sealed.json"
expect 'applies again' 'configured' n apply -f sealed.json
expect 'is opened again' '^second one' until_equal 'second one' value db password

expect 'the controller agrees that it opens' '^$' validated sealed.json
sed 's/"name": "db"/"name": "copy"/' sealed.json >copy.json
refuse 'and that a renamed copy does not' 'unable to decrypt sealed secret: copy' validated copy.json
expect 'the copy is taken' 'created' n create -f copy.json
expect 'but not opened, and says why' '^False no key could decrypt secret' until_equal 'False no key could decrypt secret (password, user)' condition copy
refuse 'no secret comes of it' 'NotFound' n get secret copy
expect 're-encrypts' '"encryptedData"' sh -c "'$KUBESEAL' --re-encrypt <sealed.json | tee again.json"
expect 'what was re-encrypted opens' '^$' validated again.json

cp sealed.json merged.json
printf '{"kind":"Secret","stringData":{"port":"5432"}}' >port.json
expect 'a value more, merged in' '^$' sh -c "'$KUBESEAL' --cert cert.pem --merge-into merged.json <port.json"
expect 'the controller opens what was merged' '^$' validated merged.json
expect 'applies what was merged' 'configured' n apply -f merged.json
expect 'the new value is there' '^5432' until_equal '5432' value db port
expect 'the old one too' '^second one' until_equal 'second one' value db password
expect 'seals by the context of the kubeconfig' '"kind": "SealedSecret"' sh -c "'$KUBESEAL' --context \"\$('$KUBECTL' config current-context)\" <secret.json"
refuse 'and names a context that is not there' 'nowhere' sh -c "'$KUBESEAL' --context nowhere --fetch-cert"
refuse 'and a service that is not there' 'cannot get sealed secret service' sh -c "'$KUBESEAL' --controller-name nowhere --fetch-cert"
expect 'the certificate by environment' '"kind": "SealedSecret"' sh -c "SEALED_SECRETS_CERT=cert.pem '$KUBESEAL' <secret.json"

expect 'drift is corrected' 'patched' n patch secret db --type merge -p '{"data":{"password":"Ym9ndXM="}}'
expect 'by the sealed value' '^second one' until_equal 'second one' value db password
expect 'a deleted secret' 'deleted' n delete secret db
expect 'comes back' '^second one' until_equal 'second one' value db password
expect 'a value alone' '^Ag[A-Za-z0-9+/=]+$' sh -c "printf raw | '$KUBESEAL' --raw --name db --namespace '$space'"
expect 'the owner goes' 'deleted' n delete sealedsecret db
expect 'and takes the secret along' '' n wait --for=delete secret/db --timeout=60s
refuse 'which is gone' 'NotFound' n get secret db
expect 'the namespace goes' 'deleted' k delete namespace "$space" --timeout=60s
finish
