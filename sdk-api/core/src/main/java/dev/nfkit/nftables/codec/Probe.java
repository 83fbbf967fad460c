// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.NetlinkException;
import dev.nfkit.session.TableRequests;

/** The first request of a client or session, which detects missing privileges or missing support. */
public final class Probe {
    /** The table in words. */
    public static final String TABLE = "ruleset";

    private static final String UNSUPPORTED = "this kernel has no nftables (CONFIG_NF_TABLES, module nf_tables)";

    private Probe() {}

    /**
     * Sends the request.
     *
     * @param requests the socket
     * @throws NetlinkException if the kernel refuses it, or the socket fails
     */
    public static void send(TableRequests requests) throws NetlinkException {
        requests.probe("open the ruleset", MessageTypes.GETGEN, UNSUPPORTED);
    }
}
