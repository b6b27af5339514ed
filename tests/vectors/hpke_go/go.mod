module tfsecrets.dev/tests/hpke

go 1.26
