// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.wire.Netlink;
import java.util.Map;

/** Messages that hold nothing but numbers of the kernel: statistics, and configuration of queues and groups. */
final class NumberMessages {
    private static final int CT = Netlink.NFNL_SUBSYS_CTNETLINK << 8;
    private static final int EXP = Netlink.NFNL_SUBSYS_CTNETLINK_EXP << 8;

    /** The highest type of an attribute of statistics that has a length here; the kernel has fewer. */
    private static final int STATISTICS = 31;

    private static final Map<Integer, Map<Integer, Integer>> CONFIGURATION = Map.of(
            NfqueueConfig.NFQNL_MSG_CONFIG,
            Map.of(
                    NfqueueConfig.NFQA_CFG_CMD,
                    4,
                    NfqueueConfig.NFQA_CFG_PARAMS,
                    5,
                    NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN,
                    4,
                    NfqueueConfig.NFQA_CFG_MASK,
                    4,
                    NfqueueConfig.NFQA_CFG_FLAGS,
                    4),
            NflogConfig.NFULNL_MSG_CONFIG,
            Map.of(
                    NflogConfig.NFULA_CFG_CMD,
                    1,
                    NflogConfig.NFULA_CFG_MODE,
                    5,
                    NflogConfig.NFULA_CFG_NLBUFSIZ,
                    4,
                    NflogConfig.NFULA_CFG_TIMEOUT,
                    4,
                    NflogConfig.NFULA_CFG_QTHRESH,
                    4,
                    NflogConfig.NFULA_CFG_FLAGS,
                    2));

    private NumberMessages() {}

    static boolean known(int message) {
        return CONFIGURATION.containsKey(message) || statistics(message);
    }

    /** GET_STATS_CPU and GET_STATS of connections, GET_STATS_CPU of expectations. */
    private static boolean statistics(int message) {
        return message == (CT | 4) || message == (CT | 5) || message == (EXP | 3);
    }

    /** The length of an attribute's number in bytes; 0 if the attribute is not known. */
    static int length(int message, int attribute) {
        if (statistics(message)) {
            return attribute <= STATISTICS ? 4 : 0;
        }
        return CONFIGURATION.getOrDefault(message, Map.of()).getOrDefault(attribute, 0);
    }
}
