module waxwing.dev/peers/rsa

go 1.26.0
