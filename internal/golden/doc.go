// Package golden is for tests that compare a text with a file of testdata. Only tests
// import it.
package golden
