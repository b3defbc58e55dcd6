module waxwing.dev/tests/peers/schema

go 1.26
