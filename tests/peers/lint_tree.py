"""Makes the trees that tests/peers/measure_lint.sh measures on, and judges what was found in them."""

import base64
import json
import os
import random
import subprocess
import sys

RANDOM = random.Random(1204)
WORDS = ["web", "api", "db", "cache", "queue", "search", "mail", "auth", "shop", "cart"]


def write(root, path, text):
    whole = os.path.join(root, path)
    os.makedirs(os.path.dirname(whole), exist_ok=True)
    with open(whole, "w") as file:
        file.write(text)


def sealed(values=3):
    def one():
        size = RANDOM.randrange(8, 40)
        return base64.b64encode(b"\x02\x00" + RANDOM.randbytes(512 + size + 16)).decode()

    return "".join(f"    key{number}: {one()}\n" for number in range(values))


def sealed_secret(name, namespace, values=3):
    return (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n"
        f"  name: {name}\n  namespace: {namespace}\nspec:\n  encryptedData:\n{sealed(values)}"
        f"  template:\n    metadata:\n      name: {name}\n      namespace: {namespace}\n"
    )


def deployment(name, secret):
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 2\n"
        f"  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n"
        f"    spec:\n      containers:\n      - name: main\n        image: registry.example.com/{name}@sha256:{RANDOM.randbytes(32).hex()}\n"
        f"        env:\n        - name: MODE\n          value: fast\n        - name: PASSWORD\n          valueFrom:\n"
        f"            secretKeyRef: {{name: {secret}, key: key0}}\n        resources:\n          limits: {{cpu: 500m, memory: 128Mi}}\n"
    )


def config(name):
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  mode: fast\n  url: https://{name}.example.com/x\n"


def password():
    return "".join(RANDOM.choice("abcdefghkmnpqrstuvwxyz23456789") for _ in range(RANDOM.randrange(6, 16)))


def defects():
    """Kinds of leaks, by name."""
    pw = password()
    b64 = base64.b64encode(pw.encode()).decode()
    labels = "".join(f"    label-{number}: some-longer-value-{number}\n" for number in range(8))
    return {
        "string-data": f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: {pw}\n",
        "data": f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  labels:\n{labels}data:\n  password: {b64}\n",
        "json": json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"password": b64}}),
        "list": f"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {{name: a}}\n  stringData: {{password: {pw}}}\n",
        "env": f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: c\n    env:\n    - name: DB_PASSWORD\n      value: {pw}\n",
        "encoded": f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: b\nspec:\n  encryptedData:\n    password: {b64}\n",
        "template": f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: b\nspec:\n  encryptedData:\n{sealed(1)}  template:\n    data:\n      password: {pw}\n",
        "url": f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  url: postgres://app:{pw}@db/app\n",
        "generator": f"secretGenerator:\n- name: a\n  literals:\n  - password={pw}\n",
        "values": f"auth:\n  password: {pw}\n",
        "dotenv": f"MODE=fast\nDB_PASSWORD={pw}\n",
        "token": "token: ghp_" + "".join(RANDOM.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789") for _ in range(36)) + "\n",
    }


NEAR = {
    "placeholder": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: CHANGEME\n",
    "reference": "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: a\nspec:\n  data:\n  - secretKey: password\n    remoteRef: {key: prod/db-password-credential-2027}\n",
    "variable": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  url: postgres://app:${PASSWORD}@db/app\n",
    "sops": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: ENC[AES256_GCM,data:p673w==,iv:YY=,aad:UQ=,tag:A==,type:str]\nsops:\n  version: 3.9.0\n",
    "file": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  PASSWORD_FILE: /run/secrets/db-password-2027-x9k2m\n",
    "digest": "image:\n  name: web\n  digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n  tokenTTL: 3600\n",
}
NAMES = {"generator": "kustomization.yaml", "values": "values.yaml", "dotenv": ".env", "json": "a.json"}


def accuracy(root):
    for number in range(8):
        for name, text in defects().items():
            write(root, f"bad/{name}-{number}/{NAMES.get(name, 'a.yaml')}", text)
    for number in range(6):
        for name, text in NEAR.items():
            write(root, f"near/{name}-{number}/a.yaml", text)
    for number in range(868):
        word = RANDOM.choice(WORDS)
        kind = number % 5
        text = config(word) if kind == 0 else sealed_secret(f"{word}-{number}", f"ns-{number}", 1 + number % 4)
        write(root, f"clean/{word}-{number}/a.yaml", text)


def judge(root, ours, theirs):
    with open(ours) as file:
        mine = {one["location"]["path"] for one in json.load(file)["findings"]}
    with open(theirs) as file:
        other = {os.path.relpath(one["File"], root) for one in json.load(file)}
    for name, paths in (("ours", mine), ("gitleaks", other)):
        folders = {"/".join(path.split("/")[:2]) for path in paths}
        count = {part: sum(one.startswith(part + "/") for one in folders) for part in ("bad", "near", "clean")}
        print(f"{name}: {count['bad']} of 96 leaks, {count['near']} of 36 near misses, {count['clean']} of 868 clean files")
        missed = sorted({one for one in os.listdir(os.path.join(root, "bad")) if f"bad/{one}" not in folders})
        if name == "ours" and missed:
            print("  missed:", " ".join(missed))


def overlays(root, bases, count, size):
    for base in range(bases):
        names = []
        for number in range(size):
            word = f"{RANDOM.choice(WORDS)}-{base}-{number}"
            write(root, f"apps/{base}/base/{word}.yaml", deployment(word, f"{word}-secret") if number % 2 else config(word))
            names.append(f"{word}.yaml")
            if number % 2:
                write(root, f"apps/{base}/base/{word}-secret.yaml", sealed_secret(f"{word}-secret", f"team-{base}", 1))
                names.append(f"{word}-secret.yaml")
        write(root, f"apps/{base}/base/kustomization.yaml", "resources:\n" + "".join(f"- {name}\n" for name in names))
    for number in range(count):
        base = number % bases
        write(root, f"apps/{base}/overlays/o{number}/kustomization.yaml", f"resources: [../../base]\nnamespace: team-{base}\ncommonLabels: {{overlay: o{number}}}\n")


def touch(root):
    found = []
    for folder, _, files in os.walk(root):
        found += [os.path.join(folder, name) for name in files if ".git" not in folder and "secret" not in name and name != "kustomization.yaml"]
    for path in sorted(found)[:20]:
        with open(path, "a") as file:
            file.write("# touched\n")


def history(root):
    os.makedirs(root)
    subprocess.run(["git", "init", "--quiet", "--bare", root], check=True)
    importer = subprocess.Popen(["git", "-C", root, "fast-import", "--quiet"], stdin=subprocess.PIPE)
    for number in range(10_000):
        word = RANDOM.choice(WORDS)
        path = f"apps/{number % 40}/{word}/{number % 500}.yaml"
        text = sealed_secret(f"{word}-{number}", f"team-{number % 40}", 1) if number % 3 == 0 else deployment(f"{word}-{number}", word)
        data = text.encode()
        head = f"commit refs/heads/main\ncommitter a <a@example.com> {1_700_000_000 + number * 60} +0000\ndata 1\nx\n"
        importer.stdin.write(head.encode() + f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    importer.stdin.close()
    importer.wait()
    subprocess.run(["git", "-C", root, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)


if __name__ == "__main__":
    word, *rest = sys.argv[1:]
    if word == "staged":
        overlays(rest[0], 20, 20, 33)
    elif word == "tree":
        overlays(rest[0], 100, 100, 66)
    else:
        {"accuracy": accuracy, "judge": judge, "touch": touch, "history": history}[word](*rest)
