//! Defects and near misses, one of each for every rule, with places for what varies: `@n` a name, `@s` a namespace,
//! `@w` a word nobody knows. A line `=== path` starts another file.

/// Rule, defect, near miss.
pub const PLANTS: &[(&str, &str, &str)] = &[
    (
        "P101",
        "{%S%, metadata: {name: @n, namespace: @s}, stringData: {k: @w}}",
        "{%S%, metadata: {name: @n, namespace: @s}, stringData: {k: '<@n>'}}",
    ),
    (
        "P102",
        "=== kustomization.yaml\nsecretGenerator: [{name: @n, literals: [k=@w]}]",
        "=== kustomization.yaml\nconfigMapGenerator: [{name: @n, literals: [k=@w]}]",
    ),
    (
        "P103",
        "{%CM%, metadata: {name: @n, namespace: @s}, data: {DB_PASSWORD: @w}}",
        "{%CM%, metadata: {name: @n, namespace: @s}, data: {DB_PASSWORD_FILE: /run/@n}}",
    ),
    (
        "P104",
        "{%D%, metadata: {name: @n}, spec: {template: {spec: {containers: [{name: c, env: [{name: API_TOKEN, value: @w}]}]}}}}",
        "{%D%, metadata: {name: @n}, spec: {template: {spec: {containers: [{name: c, env: [{name: API_TOKEN, value: '$(OTHER)'}]}]}}}}",
    ),
    (
        "P105",
        "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: @n}, spec: {values: {auth: {password: @w}}}}",
        "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: @n}, spec: {values: {auth: {existingSecret: @n}}}}",
    ),
    (
        "P106",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%kubectl%: '{\"kind\":\"Secret\",\"stringData\":{\"k\":\"@w\"}}'}}}",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%kubectl%: '{\"kind\":\"SealedSecret\"}'}}}",
    ),
    (
        "P107",
        "=== .env\nMODE=fast\nDB_PASSWORD=@w\n",
        "=== .env\nMODE=fast\nDB_PASSWORD=${DB_PASSWORD}\n",
    ),
    (
        "P108",
        "=== @n.key\n%PEM:EC PRIVATE KEY%",
        "=== @n.pub\n%PEM:PUBLIC KEY%",
    ),
    (
        "P109",
        "=== @n.md\nSee %url:https%/@n for more.\n",
        "=== @n.md\nSee https://app@db.example.com/@n for more.\n",
    ),
    (
        "P110",
        "=== @n.sh\nexport X=%token:gitlab%\n",
        "=== @n.sh\nexport X=glpat-xxxxxxxxxxxxxxxxxxxx\n",
    ),
    (
        "P111",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {data: {password: @w}}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {data: {password: '{{ .k }}'}}, encryptedData: {k: %sealed%}}}",
    ),
    (
        "P113",
        "=== @n.secret.yaml\n{%S%, metadata: {name: @n, namespace: @s}, stringData: {k: @w}}",
        "=== @n.secret.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
    ),
    (
        "P114",
        "=== @n.sh\nkubectl create secret generic @n %fl%=k=@w\n",
        "=== @n.sh\nkubectl create secret generic @n %fl%=k=\"$K\"\n",
    ),
    (
        "P115",
        "=== kustomization.yaml\npatches: [{target: {kind: Secret}, patch: '- {op: add, path: /stringData/k, value: @w}'}]",
        "=== kustomization.yaml\npatches: [{target: {kind: ConfigMap}, patch: '- {op: add, path: /data/k, value: @w}'}]",
    ),
    (
        "C201",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: 'AgB @n'}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
    ),
    (
        "C202",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %cut:512:12:300%}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:256:0:@i%}}}",
    ),
    (
        "C203",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %b64:@w%}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
    ),
    (
        "C204",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: '<seal @n>'}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
    ),
    (
        "C205",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %odd:text%}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:512:900:@i%}}}",
    ),
    (
        "C206",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:512:0:@i%}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:512:1:@i%}}}",
    ),
    (
        "C207",
        "=== a.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:256:30:@i%}}}\n=== b.yaml\n{%SS%, metadata: {name: @n, namespace: other}, spec: {encryptedData: {k: %sealed:256:30:@i%}}}",
        "=== a.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:256:31:@i%}}}\n=== b.yaml\n{%SS%, metadata: {name: @n, namespace: other}, spec: {encryptedData: {k: %sealed:256:32:@i%}}}",
    ),
    (
        "C208",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {data: %sealed%}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {data: %sealed%}}}",
    ),
    (
        "C209",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:256:40:@i%, l: %sealed:512:40:@i%}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed:512:41:@i%, l: %sealed:512:42:@i%}}}",
    ),
    (
        "S301",
        "{%SS%, metadata: {name: @n}, spec: {encryptedData: {k: %sealed%}}}",
        "{%SS%, metadata: {name: @n, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {k: %sealed%}}}",
    ),
    (
        "S302",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {metadata: {annotations: {%cluster%: 'true'}}}}}",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%cluster%: 'true'}}, spec: {template: {metadata: {annotations: {%cluster%: 'true'}}}}}",
    ),
    (
        "S303",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%cluster%: 'true'}}}",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%cluster%: 'false'}}}",
    ),
    (
        "S304",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%ns%: 'True'}}}",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%ns%: 'true'}}}",
    ),
    (
        "S305",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {metadata: {name: x-@n}}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {metadata: {name: @n, namespace: @s}}}}",
    ),
    (
        "S306",
        "=== kustomization.yaml\nresources: [base]\nnamespace: moved\n=== base/kustomization.yaml\nresources: [s.yaml]\n=== base/s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
        "=== kustomization.yaml\nresources: [base]\nnamespace: @s\n=== base/kustomization.yaml\nresources: [s.yaml]\n=== base/s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
    ),
    (
        "S307",
        "=== kustomization.yaml\nresources: [base]\nnameSuffix: -x\n=== base/kustomization.yaml\nresources: [s.yaml]\n=== base/s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
        "=== kustomization.yaml\nresources: [base]\nnameSuffix: -x\n=== base/kustomization.yaml\nresources: [s.yaml]\n=== base/s.yaml\n{%SS%, metadata: {name: @n, namespace: @s, annotations: {%ns%: 'true'}}, spec: {encryptedData: {k: %sealed%}}}",
    ),
    (
        "S308",
        "=== a.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== b.yaml\n{%S%, metadata: {name: @n, namespace: @s}}",
        "=== a.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== b.yaml\n{%CM%, metadata: {name: @n, namespace: @s}}",
    ),
    (
        "S309",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {%sb%/managed: 'true'}}}",
        "{%SS%, metadata: {name: @n, namespace: @s, annotations: {example.com/managed: 'true'}}}",
    ),
    (
        "S310",
        "{%SS%, metadata: {name: @n, namespace: '${NS}'}}",
        "{%SS%, metadata: {name: @n, namespace: '${NS}', annotations: {%cluster%: 'true'}}}",
    ),
    (
        "R401",
        "{%D%, metadata: {name: @n, namespace: @s}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: no-@n}}]}]}}}}",
        "{%D%, metadata: {name: @n, namespace: @s}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: no-@n, optional: true}}]}]}}}}",
    ),
    (
        "R402",
        "=== a.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== b.yaml\n{%D%, metadata: {name: w, namespace: @s}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: @n, items: [{key: l, path: p}]}}]}}}}",
        "=== a.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== b.yaml\n{%D%, metadata: {name: w, namespace: @s}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: @n, items: [{key: k, path: p}]}}]}}}}",
    ),
    (
        "R403",
        "=== kustomization.yaml\nresources: [s.yaml]\n=== s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}",
        "=== kustomization.yaml\nresources: [s.yaml, d.yaml]\n=== s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== d.yaml\n{%POD%, metadata: {name: p, namespace: @s}, spec: {containers: [{name: c, envFrom: [{secretRef: {name: @n}}]}]}}",
    ),
    (
        "R404",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {type: kubernetes.io/tls}, encryptedData: {tls.crt: %sealed%}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {type: kubernetes.io/tls}, encryptedData: {tls.crt: %sealed%, tls.key: %sealed%}}}",
    ),
    (
        "R405",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {data: {t: '{{ .kk }}'}}, encryptedData: {k: %sealed%}}}",
        "{%SS%, metadata: {name: @n, namespace: @s}, spec: {template: {data: {t: '{{ .kk | default .k }}'}}, encryptedData: {k: %sealed%}}}",
    ),
    (
        "R406",
        "=== kustomization.yaml\nresources: [s.yaml, d.yaml]\n=== s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== d.yaml\n{%POD%, metadata: {name: p, namespace: other}, spec: {containers: [{name: c, envFrom: [{secretRef: {name: @n}}]}]}}",
        "=== kustomization.yaml\nresources: [s.yaml, d.yaml]\nnamespace: @s\n=== s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== d.yaml\n{%POD%, metadata: {name: p, namespace: other}, spec: {containers: [{name: c, envFrom: [{secretRef: {name: @n}}]}]}}",
    ),
    (
        "R407",
        "=== kustomization.yaml\nresources: [s.yaml, d.yaml]\nnameSuffix: -x\n=== s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== d.yaml\n{%POD%, metadata: {name: p, namespace: @s}, spec: {containers: [{name: c, envFrom: [{secretRef: {name: @n}}]}]}}",
        "=== kustomization.yaml\nresources: [s.yaml, d.yaml]\nnameSuffix: -x\n=== s.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %sealed%}}}\n=== d.yaml\n{%POD%, metadata: {name: p, namespace: @s}, spec: {containers: [{name: c, envFrom: [{secretRef: {name: @n-x}}]}]}}",
    ),
    (
        "K501",
        "{%S%, metadata: {name: @n, labels: {%sb%/sealed-secrets-key: active}}, data: {tls.key: %b64:@w%}}",
        "{%S%, metadata: {name: @n, labels: {%sb%/sealed-secrets-key: active}}, data: {tls.key: ''}}",
    ),
    (
        "K502",
        "=== pub-cert.pem\n%CERT:2048%",
        "=== pub-cert.pem\n%CERT:3072%",
    ),
    (
        "K503",
        "=== pub-cert.pem\n%CERT:past%",
        "=== pub-cert.pem\n%CERT:4096%",
    ),
    (
        "K504",
        "=== for-prod/@n.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %above:512%}}}",
        "=== for-prod/@n.yaml\n{%SS%, metadata: {name: @n, namespace: @s}, spec: {encryptedData: {k: %below:512%}}}",
    ),
    (
        "O601",
        "=== @n.yaml\na: 1 # %ignore% P101\n",
        "=== @n.yaml\na: 1 # %ignore% P101 reason=\"@n\"\n",
    ),
    ("O602", "=== @n.yaml\na: [@n\n", "=== @n.txt\na: [@n\n"),
];
