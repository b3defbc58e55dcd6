#!/usr/bin/env bash
# More of what people do with kubectl every day, against whatever KUBECONFIG names.
# Use: KUBECTL=path KUBECONFIG=path [PODS=yes] tests/peers/kubectl_daily.sh
# PODS says that somebody plays the kubelet, so that pods become ready.
. "$(dirname "$0")/expect.sh"
has_pods() { [ "${PODS:-}" = yes ]; }
expect 'a namespace' 'created' k create namespace "$space"
until_has default n get serviceaccounts >/dev/null

# --- make
expect 'create deployment' 'deployment.apps/web created' n create deployment web --image=registry.example/web:1 --replicas=2 --port=8080
expect 'create service' 'service/web created' n create service clusterip web --tcp=80:8080
expect 'expose' 'service/exposed exposed' n expose deployment web --name=exposed --port=80 --target-port=8080
expect 'create configmap' 'configmap/settings created' n create configmap settings --from-literal=a=1
printf 'user=me\npassword=hush\n' >secret.env
expect 'create secret from a file' 'secret/login created' n create secret generic login --from-env-file=secret.env
expect 'create a docker secret' 'secret/pull created' n create secret docker-registry pull --docker-server=r.example --docker-username=u --docker-password=p
expect 'create job' 'job.batch/once created' n create job once --image=registry.example/once:1 -- true
expect 'create cronjob' 'cronjob.batch/nightly created' n create cronjob nightly --image=registry.example/once:1 --schedule='0 3 * * *'
expect 'a job from it' 'job.batch/now created' n create job now --from=cronjob/nightly
expect 'create role' 'role.rbac.authorization.k8s.io/reader created' n create role reader --verb=get,list --resource=pods
expect 'create rolebinding' 'created' n create rolebinding reader --role=reader --serviceaccount="$space:default"
expect 'create serviceaccount' 'serviceaccount/robot created' n create serviceaccount robot
expect 'create quota' 'resourcequota/limit created' n create quota limit --hard=pods=50
expect 'create poddisruptionbudget' 'created' n create poddisruptionbudget budget --selector=app=none --min-available=1
expect 'create ingress' 'created' n create ingress door '--rule=a.example/*=web:80'
expect 'run' 'pod/alone created' n run alone --image=registry.example/alone:1 --labels=solo=yes
expect 'run, dry' 'image: registry.example/x:1' n run dry --image=registry.example/x:1 --dry-run=client -o yaml

# --- look
expect 'describe deployment' 'Name: +web.*StrategyType: +RollingUpdate.*Image: +registry.example/web:1.*NewReplicaSet: +web-' until_has ScalingReplicaSet n describe deployment web
expect 'describe tells events' 'ScalingReplicaSet' n describe deployment web
expect 'describe service' 'Selector: +app=web.*Type: +ClusterIP.*TargetPort: +8080/TCP' n describe service web
expect 'describe secret hides values' 'Type: +Opaque.*password: +4 bytes' n describe secret login
expect 'describe configmap' 'Data.*a:' n describe configmap settings
expect 'describe pod' 'Name: +alone.*Labels: +solo=yes.*Containers:.*Image: +registry.example/alone:1' n describe pod alone
expect 'describe job' 'Parallelism: +1.*Completions: +1' n describe job once
expect 'describe namespace' "Name: +$space.*Status: +Active" k describe namespace "$space"
if has_pods; then
  node=$(k get nodes -o 'jsonpath={.items[0].metadata.name}')
  expect 'describe node' "Name: +$node.*Conditions:.*Ready.*Non-terminated Pods:" k describe node "$node"
  expect 'top of the list' 'STATUS.*Ready' k get nodes
fi
expect 'get --sort-by' '^secret.login.secret.pull' n get secrets --sort-by=.metadata.name -o name
expect 'sorted by name' '^login pull' n get secrets --sort-by=.metadata.name -o 'jsonpath={.items[*].metadata.name}'
expect 'get --field-selector' '^secret/pull$' n get secrets --field-selector type=kubernetes.io/dockerconfigjson -o name
expect 'get --field-selector, not' '^secret/login$' n get secrets --field-selector type!=kubernetes.io/dockerconfigjson -o name
refuse 'get of a field that cannot be selected' 'field label not supported: spec.nothing|is not a known field selector' n get secrets --field-selector spec.nothing=x
expect 'get --raw' '"kind":"Deployment"' k get --raw "/apis/apps/v1/namespaces/$space/deployments/web"
expect 'get -o go-template' '^web 2' n get deploy web -o 'go-template={{.metadata.name}} {{.spec.replicas}}'
expect 'get --chunk-size' 'login.*pull' n get secrets --chunk-size=1
expect 'events' 'LAST SEEN +TYPE +REASON +OBJECT +MESSAGE.*ScalingReplicaSet' n events
expect 'events of one' 'ScalingReplicaSet' n events --for deployment/web
expect 'events of a type' 'No events found' n events --for deployment/web --types=Warning
expect 'get events sorted' 'ScalingReplicaSet' n get events --sort-by=.lastTimestamp
expect 'explain a kind' 'GROUP: +apps.*KIND: +Deployment.*VERSION: +v1.*spec.*<DeploymentSpec>' k explain deployment
expect 'explain a field' 'FIELD: replicas <integer>' k explain deployment.spec.replicas
expect 'explain says what for' 'Deployment enables declarative updates for Pods and ReplicaSets' k explain deployment
expect 'explain says it of a field' 'DESCRIPTION:.*Number of desired pods\. This is a pointer to distinguish' k explain deployment.spec.replicas
expect 'explain says it of what a field refers to' 'The deployment strategy to use to replace existing pods with new ones.*maxSurge' k explain deployment.spec.strategy --recursive
expect 'explain a list' 'FIELD: containers <\[\]Container>' k explain pod.spec.containers
expect 'explain --recursive' 'strategy.*<DeploymentStrategy>.*rollingUpdate' k explain deployment.spec --recursive
refuse 'explain what is not there' 'field "nonsense" does not exist' k explain deployment.spec.nonsense
expect 'auth can-i' '^yes' n auth can-i create deployments
expect 'auth can-i --list' 'Resources.*\*\.\*' n auth can-i --list
expect 'auth whoami' 'ATTRIBUTE +VALUE.*Username' k auth whoami
expect 'auth whoami -o json' '"kind": "SelfSubjectReview"' k auth whoami -o json
expect 'api-resources of a group' 'daemonsets.*deployments' k api-resources --api-group=apps
expect 'cluster-info' 'is running at' k cluster-info

# --- change
cat >dep.yaml <<'Y'
apiVersion: v1
kind: ConfigMap
metadata: {name: applied}
data: {k: v}
Y
expect 'diff of what is new' '\+  k: v' sh -c "'$KUBECTL' -n '$space' diff -f dep.yaml; [ \$? -eq 1 ]"
expect 'apply --server-side' 'configmap/applied serverside-applied' n apply --server-side -f dep.yaml
expect 'diff of what is there' '^$' n diff --server-side -f dep.yaml
sed -i 's/k: v/k: w/' dep.yaml
expect 'diff of a change' '-  k: v.*\+  k: w' sh -c "'$KUBECTL' -n '$space' diff --server-side -f dep.yaml; [ \$? -eq 1 ]"
refuse 'apply --server-side by another' 'Apply failed with 1 conflict: conflict with "kubectl": \.data\.k.*--force-conflicts' n apply --server-side --field-manager=other -f dep.yaml
expect 'by force' 'serverside-applied' n apply --server-side --field-manager=other --force-conflicts -f dep.yaml
expect 'who manages what' 'manager: other.*operation: Apply' n get configmap applied -o yaml --show-managed-fields
expect 'replace' 'configmap/applied replaced' n replace -f dep.yaml
expect 'replace --force' 'configmap "applied" deleted.*configmap/applied replaced' n replace --force -f dep.yaml
cat >editor <<'Y'
#!/bin/sh
sed -i 's/k: w/k: edited/' "$1"
Y
chmod +x editor
expect 'edit' 'configmap/applied edited' env EDITOR="$work/editor" "$KUBECTL" -n "$space" edit configmap applied
expect 'was edited' '^edited' n get configmap applied -o 'jsonpath={.data.k}'
printf '#!/bin/sh\ntrue\n' >editor
expect 'edit of nothing' 'Edit cancelled, no changes made' env EDITOR="$work/editor" "$KUBECTL" -n "$space" edit configmap applied
expect 'set image' 'deployment.apps/web image updated' n set image deployment/web web=registry.example/web:2
expect 'set env' 'deployment.apps/web env updated' n set env deployment/web A=1
expect 'set env is read' 'A=1' n set env deployment/web --list
expect 'set resources' 'resource requirements updated' n set resources deployment/web --requests=cpu=100m
expect 'rollout history' 'REVISION +CHANGE-CAUSE.*1.*2' until_has 4 n rollout history deployment/web
expect 'rollout history of one' 'registry.example/web:2' n rollout history deployment/web --revision=2
expect 'rollout undo' 'deployment.apps/web rolled back' n rollout undo deployment/web --to-revision=1
expect 'undone' '^registry.example/web:1' n get deploy web -o 'jsonpath={.spec.template.spec.containers[0].image}'
expect 'rollout restart' 'deployment.apps/web restarted' n rollout restart deployment/web
expect 'restarted' '20[0-9]{2}-' n get deploy web -o 'jsonpath={.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}'
if has_pods; then
  expect 'rollout status' 'successfully rolled out' n rollout status deployment/web --timeout=120s
else
  refuse 'rollout status waits' 'Waiting for deployment.*timed out waiting for the condition' n rollout status deployment/web --timeout=1s
fi
expect 'rollout pause' 'deployment.apps/web paused' n rollout pause deployment/web
refuse 'no restart while paused' 'resume first|paused' n rollout restart deployment/web
expect 'rollout resume' 'deployment.apps/web resumed' n rollout resume deployment/web
expect 'autoscale' 'autoscaled' n autoscale deployment web --min=1 --max=3 --cpu=80%

# --- watch
( timeout 20 "$KUBECTL" -n "$space" get configmaps --field-selector metadata.name=watched -w --output-watch-events >seen 2>/dev/null ) &
watcher=$!
read -rt 1 <> <(:)
n create configmap watched --from-literal=a=1 >/dev/null
n patch configmap watched --type merge -p '{"data":{"a":"2"}}' >/dev/null
n delete configmap watched >/dev/null
expect 'get -w --output-watch-events' 'ADDED +watched.*MODIFIED +watched.*DELETED +watched' until_has DELETED cat seen
kill "$watcher" 2>/dev/null
pkill_children() { for child in $(ps -o pid= --ppid "$1" 2>/dev/null); do kill "$child" 2>/dev/null; done; }
pkill_children "$watcher"
wait "$watcher" 2>/dev/null

# --- drain
if has_pods; then
  expect 'cordon' "node/$node cordoned" k cordon "$node"
  expect 'a cordoned node shows it' 'SchedulingDisabled' k get node "$node"
  expect 'drain evicts' 'evicting pod.*drained' k drain "$node" --ignore-daemonsets --force --delete-emptydir-data --timeout=120s --pod-selector=solo=yes
  expect 'uncordon' "node/$node uncordoned" k uncordon "$node"
fi

# --- delete
expect 'delete --cascade=orphan' 'deleted' n delete deployment web --cascade=orphan --timeout=60s
expect 'its replica sets stay' 'replicaset.apps/web-' n get replicasets -o name
expect 'without owner' '^$' n get replicasets -o 'jsonpath={.items[0].metadata.ownerReferences}'
expect 'delete -l' 'replicaset.apps "web-' n delete replicasets -l app=web
expect 'create again' 'created' n create deployment again --image=registry.example/web:1
until_has again- n get replicasets -o name >/dev/null
expect 'delete --cascade=foreground' 'deleted' n delete deployment again --cascade=foreground --timeout=60s
expect 'nothing is left of it' '^$' n get replicasets -l app=again -o name
expect 'create a third' 'created' n create deployment third --image=registry.example/web:1
until_has third- n get replicasets -o name >/dev/null
expect 'delete --cascade=background' 'deleted' n delete deployment third --cascade=background
expect 'its replica set goes too' '' n wait --for=delete replicaset -l app=third --timeout=60s
expect 'delete --all' 'configmap "applied" deleted' n delete configmaps --all
expect 'one more pod' 'pod/last created' n run last --image=registry.example/web:1
expect 'delete --now' 'pod "last" deleted' n delete pod last --now --timeout=60s
expect 'delete several kinds' 'secret "login" deleted.*service "exposed" deleted' n delete secret/login service/exposed
expect 'delete --dry-run' 'deleted.*\(server dry run\)' n delete secret pull --dry-run=server
expect 'which is still there' 'secret/pull' n get secret pull -o name
expect 'the namespace goes' 'deleted' k delete namespace "$space" --timeout=120s
finish
