// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.socket.KernelView;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Warns once if a verdict changes connections on a kernel that ignores such changes. A kernel that has accepted a queue
 * with connections supports them. Otherwise support is checked at the first such verdict, on the report thread.
 */
final class ConntrackGlue {
    private final KernelView kernel;
    private final Reports reports;
    private final AtomicBoolean settled;

    ConntrackGlue(NfqueueOptions options, KernelView kernel, Reports reports) {
        this.kernel = kernel;
        this.reports = reports;
        settled = new AtomicBoolean(options.queues().stream().anyMatch(NfqueueQueue::conntrack));
    }

    /** Called when a verdict changes a connection. Any thread; does not wait. */
    void used() {
        if (!settled.get() && settled.compareAndSet(false, true)) {
            reports.later(this::check);
        }
    }

    private void check() {
        if (!kernel.conntrackOnPackets().orElse(true)) {
            reports.warn("verdicts change connections, and this kernel ignores such changes: it lacks"
                    + " CONFIG_NETFILTER_NETLINK_GLUE_CT (module nf_conntrack_netlink); to mark a connection, mark the"
                    + " packet and add a rule with CONNMARK --save-mark");
        }
    }
}
