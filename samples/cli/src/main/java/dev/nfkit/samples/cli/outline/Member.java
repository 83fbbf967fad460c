// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.outline;

import java.lang.reflect.Field;
import picocli.CommandLine.Model.IGetter;
import picocli.CommandLine.Model.ISetter;

/** A field of an object, which picocli reads and sets. */
final class Member implements IGetter, ISetter {
    final Field field;
    private final Object holder;

    Member(Object holder, String name) throws NoSuchFieldException {
        this.holder = holder;
        field = holder.getClass().getDeclaredField(name);
        field.setAccessible(true);
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as picocli declares it
    public <T> T get() throws IllegalAccessException {
        return (T) field.get(holder);
    }

    @Override
    public <T> T set(T value) throws IllegalAccessException {
        field.set(holder, value);
        return value;
    }
}
