// Prints how long Go's crypto/rsa needs to open one RSA-OAEP block with a key file: the peer of our benchmark.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"sort"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "use: rsa KEY.pem (PKCS#8)")
		os.Exit(2)
	}
	text, err := os.ReadFile(os.Args[1])
	check(err)
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	check(err)
	key := parsed.(*rsa.PrivateKey)
	label := []byte("shop/db")
	sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, make([]byte, 32), label)
	check(err)
	var times []time.Duration
	for range 101 {
		begun := time.Now()
		_, err := rsa.DecryptOAEP(sha256.New(), rand.Reader, key, sealed, label)
		times = append(times, time.Since(begun))
		check(err)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	fmt.Printf("go crypto/rsa, %d bits: %v median of %d\n", key.N.BitLen(), times[len(times)/2], len(times))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
