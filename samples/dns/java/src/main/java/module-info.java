// SPDX-License-Identifier: Apache-2.0
/** A firewall for names, and a domain blocker. */
module dev.nfkit.samples.dns {
    requires dev.nfkit;
    requires dev.nfkit.linux;
    requires org.dnsjava;
    requires static org.jspecify;
}
