// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.testkit.conntrack.ConntrackProperties;

/**
 * The properties of the kernel of a {@link FakeConntrack}, which a test sets before the code under test runs. By
 * default it is a recent kernel without counters, timestamps and rules that match labels. Every method may be called by
 * any thread.
 */
public final class ConntrackSettings {
    private final ConntrackProperties properties;

    ConntrackSettings(ConntrackProperties properties) {
        this.properties = properties;
    }

    /**
     * Sets the version of the kernel. It sends no attribute of a later version, and ignores the filters of later
     * versions.
     *
     * @param major the major version, such as 5
     * @param minor the minor version, such as 4
     * @return these settings
     */
    public ConntrackSettings kernelVersion(int major, int minor) {
        properties.kernelVersion(major, minor);
        return this;
    }

    /**
     * Sets whether the kernel has ctnetlink ({@code CONFIG_NF_CT_NETLINK}). Without it every request is refused with
     * EINVAL, as for any missing subsystem of nfnetlink.
     *
     * @param there true unless set
     * @return these settings
     */
    public ConntrackSettings available(boolean there) {
        properties.available(there);
        return this;
    }

    /**
     * Sets whether connections created from now on are counted ({@code net.netfilter.nf_conntrack_acct}).
     *
     * @param on false unless set
     * @return these settings
     */
    public ConntrackSettings accounting(boolean on) {
        properties.accounting(on);
        return this;
    }

    /**
     * Sets whether connections created from now on have the time when they began, and events the time when they
     * occurred ({@code net.netfilter.nf_conntrack_timestamp}).
     *
     * @param on false unless set
     * @return these settings
     */
    public ConntrackSettings timestamps(boolean on) {
        properties.timestamps(on);
        return this;
    }

    /**
     * Sets whether a rule matches labels, so that connections created from now on have space for labels. Without it,
     * labels of an update are refused (ENOSPC), and those of a new connection are omitted.
     *
     * @param on false unless set
     * @return these settings
     */
    public ConntrackSettings labelled(boolean on) {
        properties.labelled(on);
        return this;
    }

    /**
     * Adds a helper. By default there are ftp and irc of TCP, sip of both, tftp of UDP.
     *
     * @param name its name
     * @param protocol {@code IPPROTO_*} of the connections that it follows
     * @return these settings
     */
    public ConntrackSettings helper(String name, int protocol) {
        properties.helper(name, protocol);
        return this;
    }

    /**
     * Sets the maximum number of connections in the table. One more is refused with ENOMEM.
     *
     * @param entries {@code net.netfilter.nf_conntrack_max}; 262144 unless set
     * @return these settings
     */
    public ConntrackSettings maximum(long entries) {
        properties.maximum(entries);
        return this;
    }

    /**
     * Sets whether a dump with a filter by IPv6 addresses returns the connections of all other addresses, as Linux does
     * (observed on 6.18; {@code ctnetlink_filter_match_tuple}).
     *
     * @param inverted true unless set
     * @return these settings
     */
    public ConntrackSettings invertedIpv6Filter(boolean inverted) {
        properties.invertedIpv6Filter(inverted);
        return this;
    }

    /**
     * Sets whether a dump is marked (NLM_F_DUMP_INTR) once entries are added or removed while it is in progress.
     * Netlink has the mark for that purpose, but the connection table of Linux up to 6.18 never sets it.
     *
     * @param on true unless set
     * @return these settings
     */
    public ConntrackSettings tellsChanges(boolean on) {
        properties.tellsChanges(on);
        return this;
    }

    /**
     * Sets a counter of a processor. A kernel has at least the processor 0.
     *
     * @param processor 0 to 65535
     * @param counter the counter
     * @param value 0 to 2³²−1; 0 unless set
     * @return these settings
     */
    public ConntrackSettings statistic(int processor, StatisticsAttribute counter, long value) {
        properties.statistic(processor, counter, value);
        return this;
    }

    /**
     * Sets a counter of expectations, for the processor 0.
     *
     * @param counter the counter
     * @param value 0 to 2³²−1; 0 unless set
     * @return these settings
     */
    public ConntrackSettings statistic(StatisticsAttribute.Expectations counter, long value) {
        properties.statistic(counter, value);
        return this;
    }
}
