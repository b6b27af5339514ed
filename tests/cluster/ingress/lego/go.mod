module lego

go 1.26.4

require github.com/go-acme/lego/v5 v5.4.1
