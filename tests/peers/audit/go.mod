module waxwing.dev/tests/peers/audit

go 1.26.0
