// Package integration tests the AWS target as a whole: Terraform, the compiled
// functions and an emulator of AWS in the place of AWS. It has no code, and no
// test that runs without the build tag integration.
package integration
