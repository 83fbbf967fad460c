// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import com.google.protobuf.ProtocolMessageEnum;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The constants of an enum and those of the schema, which have the same names after a prefix. */
final class Constants<E extends Enum<E>, M extends ProtocolMessageEnum> {
    private final String name;
    private final Map<E, M> messages;
    private final Map<M, E> values;

    Constants(String name, Class<E> type, Function<String, M> message) {
        this.name = name;
        Map<E, M> to = new EnumMap<>(type);
        Map<M, E> from = new HashMap<>();
        for (E value : type.getEnumConstants()) {
            M constant = message.apply(name.toUpperCase(Locale.ROOT) + "_" + value.name());
            to.put(value, constant);
            from.put(constant, value);
        }
        messages = Collections.unmodifiableMap(to);
        values = Collections.unmodifiableMap(from);
    }

    M toMessage(E value) {
        M message = messages.get(value);
        if (message == null) {
            throw new IllegalStateException("the schema has no " + name + " " + value);
        }
        return message;
    }

    /** Whether this version knows a constant of a message. */
    boolean knows(M message) {
        return values.containsKey(message);
    }

    E read(M message) {
        E value = values.get(message);
        if (value == null) {
            throw new IllegalArgumentException(name + " is not known: " + message);
        }
        return value;
    }
}
