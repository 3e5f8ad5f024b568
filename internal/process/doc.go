// Package process runs programs: buildx with the user's terminal and signals
// ([Run]), and others for what they print ([Output]). [Find] looks them up. No other
// package starts one.
package process
