package dev.nfkit.testkit.machine;

import java.util.List;

/**
 * A network device as rules see it.
 *
 * @param type the hardware type, such as 1 for Ethernet
 * @param addresses its addresses, of both families
 */
public record Device(String name, int index, int type, int group, List<byte[]> addresses) {}
