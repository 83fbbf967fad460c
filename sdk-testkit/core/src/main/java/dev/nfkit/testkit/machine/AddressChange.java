package dev.nfkit.testkit.machine;

import dev.nfkit.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A translation of addresses that a rule decided.
 *
 * @param source whether the source is translated; otherwise the destination
 * @param address the new address, or null if it stays
 * @param fromPort the first of the permitted ports, or −1 if the port stays
 */
public record AddressChange(boolean source, @Nullable Bytes address, int fromPort, int toPort) {}
