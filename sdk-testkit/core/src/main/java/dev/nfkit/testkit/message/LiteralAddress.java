// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.message;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses as text in samples: only literal ones, so that no name is ever looked up. */
public final class LiteralAddress {
    private LiteralAddress() {}

    /** The 4 or 16 bytes of an address. */
    public static byte[] literal(String address) {
        if (address.isEmpty() || !address.matches("[0-9a-fA-F:.]+")) {
            throw new IllegalArgumentException(address + " is not a literal address");
        }
        try {
            return InetAddress.getByName(address).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(address + " is not a literal address", e);
        }
    }
}
