// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

/** Where the time of a JSON object is from. */
public enum TimeSource {
    /** The kernel's own time of the packet or event. */
    KERNEL("kernel"),
    /** The time at which the object's data was received or read; in a recording, when it was recorded. */
    RECEIVED("received"),
    /** The time at which a recorded request was sent to the kernel. */
    SENT("sent");

    private final String word;

    TimeSource(String word) {
        this.word = word;
    }

    /** The word in JSON. */
    String word() {
        return word;
    }
}
