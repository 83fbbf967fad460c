package dev.nfkit.testkit.traversal;

/** What has become of a packet. */
public enum Outcome {
    ACCEPTED,
    DROPPED,
    WAITING
}
