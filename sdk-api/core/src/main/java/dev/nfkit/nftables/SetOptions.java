// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.ObjectStatement;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parts of a set besides its name. */
record SetOptions(
        List<DataType> key,
        List<Integer> keyLengths,
        List<DataType> data,
        List<Integer> dataLengths,
        ObjectStatement.@Nullable Kind objects,
        long flags,
        @Nullable Duration timeout,
        @Nullable Duration gcInterval,
        long size,
        @Nullable SetPolicy policy,
        List<Stateful> state,
        UserData userData,
        long handle,
        long id) {
    /** {@code NFT_SET_MAP}. */
    static final int MAP = 0x8;
    /** {@code NFT_SET_OBJECT}. */
    static final int OBJECT = 0x40;
    /** {@code NFT_SET_CONCAT}. */
    static final int CONCAT = 0x80;
    /** {@code NFT_SET_EXPR}. */
    static final int EXPR = 0x100;
    /** {@code NFT_SET_ANONYMOUS}. */
    static final int ANONYMOUS = 0x1;

    SetOptions withFlags(long bits) {
        return new SetOptions(
                key,
                keyLengths,
                data,
                dataLengths,
                objects,
                flags | bits,
                timeout,
                gcInterval,
                size,
                policy,
                state,
                userData,
                handle,
                id);
    }

    SetOptions withTimes(@Nullable Duration newTimeout, @Nullable Duration newInterval) {
        return new SetOptions(
                key,
                keyLengths,
                data,
                dataLengths,
                objects,
                flags | SetFlag.TIMEOUT.bit(),
                newTimeout,
                newInterval,
                size,
                policy,
                state,
                userData,
                handle,
                id);
    }

    SetOptions withSize(long newSize) {
        return new SetOptions(
                key,
                keyLengths,
                data,
                dataLengths,
                objects,
                flags,
                timeout,
                gcInterval,
                newSize,
                policy,
                state,
                userData,
                handle,
                id);
    }

    SetOptions withPolicy(SetPolicy newPolicy) {
        return new SetOptions(
                key,
                keyLengths,
                data,
                dataLengths,
                objects,
                flags,
                timeout,
                gcInterval,
                size,
                newPolicy,
                state,
                userData,
                handle,
                id);
    }

    SetOptions withState(List<Stateful> newState) {
        return new SetOptions(
                key,
                keyLengths,
                data,
                dataLengths,
                objects,
                flags,
                timeout,
                gcInterval,
                size,
                policy,
                List.copyOf(newState),
                userData,
                handle,
                id);
    }

    SetOptions withUserData(UserData newData) {
        return new SetOptions(
                key,
                keyLengths,
                data,
                dataLengths,
                objects,
                flags,
                timeout,
                gcInterval,
                size,
                policy,
                state,
                newData,
                handle,
                id);
    }

    boolean is(int bit) {
        return (flags & bit) != 0;
    }
}
