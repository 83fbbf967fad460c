// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

/** The replacements of one key. One thread at a time. */
final class Scrub {
    private static final int FLOW_LABEL_BITS = 20;

    final Key key;
    final AddressMap addresses;
    private final RecentNumbers flowLabels;

    Scrub(byte[] secret) {
        Key made = new Key(secret);
        key = made;
        addresses = new AddressMap(made);
        flowLabels = new RecentNumbers(label -> made.permuted(Key.Use.FLOW_LABEL, label, FLOW_LABEL_BITS));
    }

    /** Replaces a flow label one to one; 0, which is none, stays. */
    int flowLabel(int label) {
        return (int) flowLabels.apply(label);
    }
}
