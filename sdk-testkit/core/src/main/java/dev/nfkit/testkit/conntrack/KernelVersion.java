// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

/** A version of Linux, which determines the features of a model's kernel. */
record KernelVersion(int major, int minor) {
    static final KernelVersion LATEST = new KernelVersion(Integer.MAX_VALUE, 0);

    /** Whether the kernel has the features of a version such as {@code 5.8} or {@code 2.6.14}. */
    boolean has(String since) {
        String[] parts = since.split("\\.", -1);
        int wanted = Integer.parseInt(parts[0]);
        return major != wanted ? major > wanted : minor >= Integer.parseInt(parts[1]);
    }
}
