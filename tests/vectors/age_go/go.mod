module tfsecrets.dev/tests/age

go 1.26

require c2sp.org/CCTV/age v0.0.0-20251208015420-e9274a7bdbfd
