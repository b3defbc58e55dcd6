#!/usr/bin/env bash
# The daily list of kubectl commands, against whatever KUBECONFIG names.
# Use: KUBECTL=path KUBECONFIG=path tests/peers/kubectl_session.sh
. "$(dirname "$0")/expect.sh"

expect 'readyz answers' '^ok' k get --raw /readyz
expect 'readyz tells its parts' 'readyz check passed' k get --raw '/readyz?verbose'
expect 'the version can be read' 'Server Version: v1\.37' k version
expect 'resources are listed' 'deployments +deploy +apps/v1 +true +Deployment' k api-resources
expect 'resources with verbs' 'secrets +v1 +true +Secret +create,delete,deletecollection,get,list,patch,update,watch' k api-resources -o wide
expect 'versions are listed' 'apps/v1' k api-versions
expect 'a namespace is made' "namespace/$space created" k create namespace "$space"
refuse 'a namespace is not made twice' 'Error from server \(AlreadyExists\): namespaces "kubectl-session-[0-9]+" already exists' k create namespace "$space"

cat > web.yaml <<'Y'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example/web:1
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: 8080
Y
expect 'apply creates' 'deployment.apps/web created.*service/web created' n apply -f web.yaml
expect 'apply again changes nothing' 'deployment.apps/web unchanged.*service/web unchanged' n apply -f web.yaml
expect 'wait for a condition' 'deployment.apps/web condition met' n wait --for=condition=Available deployment/web --timeout=90s
expect 'rollout status' 'successfully rolled out' n rollout status deployment/web --timeout=90s
expect 'get prints a table' 'NAME +READY +UP-TO-DATE +AVAILABLE +AGE.web +2/2 +2 +2 ' n get deployments
expect 'get -o wide' 'CONTAINERS +IMAGES +SELECTOR.*registry.example/web:1 +app=web' n get deploy -o wide
expect 'get pods' 'NAME +READY +STATUS +RESTARTS +AGE.web-[a-z0-9]+-[a-z0-9]{5} +1/1 +Running +0 ' n get pods
expect 'get pods wide' 'IP +NODE +NOMINATED NODE +READINESS GATES' n get pods -o wide
expect 'get several kinds' 'service/web +ClusterIP +10\..*deployment.apps/web' n get svc,deploy
expect 'get all' 'pod/web-.*service/web.*deployment.apps/web.*replicaset.apps/web-' n get all
expect 'get -o yaml' 'kind: Deployment.*replicas: 2' n get deploy web -o yaml
expect 'get -o json' '"kind": "Deployment"' n get deploy web -o json
expect 'get -o name' '^deployment.apps/web' n get deploy -o name
expect 'get -o jsonpath' '^registry.example/web:1' n get deploy web -o 'jsonpath={.spec.template.spec.containers[0].image}'
expect 'get -o custom-columns' 'NAME +REPLICAS.web +2' n get deploy -o custom-columns=NAME:.metadata.name,REPLICAS:.spec.replicas
expect 'get -l' 'web-' n get pods -l app=web
expect 'get -l with nothing found' 'No resources found' n get pods -l 'app in (other)'
expect 'get --show-labels' 'app=web' n get pods --show-labels
expect 'get -A' "NAMESPACE +NAME.*$space +web" k get deploy -A
expect 'get a field by selector' 'web-' n get pods --field-selector status.phase=Running
expect 'endpoint slices name the pods' 'IPv4 +8080 +10\.' n get endpointslices
refuse 'what is not there is said so' 'Error from server \(NotFound\): deployments.apps "none" not found' n get deploy none
refuse 'an unknown kind is said so' "the server doesn't have a resource type \"nonsense\"" n get nonsense

expect 'create a config map' 'configmap/settings created' n create configmap settings --from-literal=a=1 --from-literal=b=2
expect 'create a secret' 'secret/login created' n create secret generic login --from-literal=user=me
expect 'a config map in a table' 'settings +2 ' n get configmap settings
expect 'a secret in a table' 'login +Opaque +1 ' n get secret login
expect 'dry run on the server' 'configmap/dry created \(server dry run\)' n create configmap dry --dry-run=server
refuse 'a dry run leaves nothing' 'NotFound' n get configmap dry
expect 'patch: strategic' 'deployment.apps/web patched' n patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}'
expect 'strategic keeps the image' '^registry.example/web:1 1' n get deploy web -o 'jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].value}'
expect 'patch: merge' 'configmap/settings patched' n patch configmap settings --type merge -p '{"data":{"a":null,"c":"3"}}'
expect 'merge removed and added' '^\{"b":"2","c":"3"\}' n get configmap settings -o 'jsonpath={.data}'
expect 'patch: json' 'configmap/settings patched' n patch configmap settings --type json -p '[{"op":"replace","path":"/data/b","value":"20"}]'
expect 'json replaced' '^20' n get configmap settings -o 'jsonpath={.data.b}'
refuse 'a json patch that does not fit' 'the server rejected our request due to an error in our request|testing value|Invalid' n patch configmap settings --type json -p '[{"op":"test","path":"/data/b","value":"x"}]'
expect 'patch of nothing' 'no change' n patch configmap settings --type merge -p '{"data":{"b":"20"}}'
expect 'label' 'configmap/settings labeled' n label configmap settings tier=db
expect 'label shows' 'TIER.*db' n get configmap settings -L tier
refuse 'label again without overwrite' "already has a value \(db\), and --overwrite is false" n label configmap settings tier=web
expect 'label off' 'configmap/settings unlabeled' n label configmap settings tier-
expect 'annotate' 'configmap/settings annotated' n annotate configmap settings note=hello
expect 'scale' 'deployment.apps/web scaled' n scale deploy web --replicas=3
expect 'scaled' '^3' n get deploy web -o 'jsonpath={.spec.replicas}'
expect 'scale waits' 'condition met' n wait --for=jsonpath='{.status.readyReplicas}'=3 deploy/web --timeout=90s
expect 'the scale subresource' '"kind":"Scale".*"replicas":3' k get --raw "/apis/apps/v1/namespaces/$space/deployments/web/scale"
refuse 'scale on a wrong count' 'Expected replicas to be 7, was 3' n scale deploy web --current-replicas=7 --replicas=1

# A watch that sees a change and ends by itself.
( n get configmap settings -w --request-timeout=8s -o 'jsonpath={.data.w}{"\n"}' > watched 2>/dev/null ) &
watcher=$!
for _ in $(seq 40); do [ -s watched ] && break; read -rt 0.2 <> <(:); done
expect 'change what is watched' 'patched' n patch configmap settings --type merge -p '{"data":{"w":"seen"}}'
wait "$watcher"
expect 'the watch saw it' 'seen' cat watched

cat > bad.yaml <<'Y'
apiVersion: v1
kind: ConfigMap
metadata:
  name: bad
datum: {a: b}
Y
refuse 'an unknown field is refused' 'strict decoding error: unknown field "datum"' n create -f bad.yaml
expect 'or warned about' 'Warning: unknown field "datum".*configmap/bad created' n create -f bad.yaml --validate=warn
refuse 'a bad name is refused' 'is invalid: metadata.name: Invalid value: "Bad_Name"' n create configmap Bad_Name
cat > stale.yaml <<'Y'
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  resourceVersion: "1"
data: {}
Y
refuse 'a write on a stale version' 'Error from server \(Conflict\).*the object has been modified; please apply your changes to the latest version and try again' n replace -f stale.yaml
refuse 'a selector cannot change' 'field is immutable' n patch deploy web --type merge -p '{"spec":{"selector":{"matchLabels":{"app":"other"}},"template":{"metadata":{"labels":{"app":"other"}}}}}'

cat > crd.yaml <<'Y'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: birds.session.example
spec:
  group: session.example
  scope: Namespaced
  names: {plural: birds, singular: bird, kind: Bird, shortNames: [bi]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Wings, type: integer, jsonPath: .spec.wings}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [wings]
            properties:
              wings: {type: integer, minimum: 0}
              song: {type: string, default: tseee}
          status:
            type: object
            x-kubernetes-preserve-unknown-fields: true
Y
cat > bird.yaml <<'Y'
apiVersion: session.example/v1
kind: Bird
metadata: {name: waxwing}
spec: {wings: 2}
Y
sed 's/wings: 2/wings: two/' bird.yaml > bad-bird.yaml
expect 'a definition is created' 'birds.session.example created' k create -f crd.yaml
expect 'and established' 'condition met' k wait --for=condition=Established crd/birds.session.example --timeout=30s
expect 'a custom object' 'bird.session.example/waxwing created' n apply -f bird.yaml
expect 'its columns and its short name' 'NAME +WINGS.waxwing +2' n get bi
expect 'its default' '^tseee' n get bird waxwing -o 'jsonpath={.spec.song}'
refuse 'a wrong type is refused' 'spec.wings: Invalid value: "string": spec.wings in body must be of type integer: "string"' n create -f bad-bird.yaml
expect 'the definition goes' 'deleted' k delete -f crd.yaml
refuse 'and its kind with it' 'the server (doesn.t have a|could not find the requested) resource' n get birds

expect 'delete' 'configmap "bad" deleted' n delete configmap bad
expect 'delete by label' 'service "web" deleted' n delete svc -l none!=x
expect 'delete and wait' 'deployment.apps "web" deleted' n delete deploy web --cascade=foreground --wait --timeout=60s
expect 'pods go with their owner' '' n wait --for=delete pod -l app=web --timeout=60s
expect 'and none is left' 'No resources found' n get pods -l app=web
expect 'delete of what is not there' '^$' n delete configmap none --ignore-not-found
expect 'the namespace goes with all in it' 'deleted' k delete namespace "$space" --timeout=60s
refuse 'and is gone' 'NotFound' k get namespace "$space"
finish
