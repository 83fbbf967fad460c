// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import java.lang.reflect.Modifier

/** Sets an option in Kotlin to another value than its default, and returns what the Java value must then contain. */
internal class Setting<B, V>(
    val read: (V) -> Any,
    val expected: Any,
    val set: B.() -> Unit,
)

/** The public methods of a class and of those that it extends, without Object's, as a Java user sees them. */
internal fun Class<*>.ownMethods() =
    methods.filter {
        it.declaringClass != Any::class.java && !Modifier.isStatic(it.modifiers) && !it.isSynthetic
    }

/** The options of a Java builder. */
internal fun Class<*>.options() = ownMethods().map { it.name }.filter { it != "build" }.toSet()

/** The options of a Kotlin builder: properties by their setters, and functions. Value classes mangle names. */
internal fun Class<*>.kotlinOptions() =
    ownMethods()
        .map { it.name.substringBefore('-').substringBefore('$') }
        .filter { !it.startsWith("get") && it != "build" }
        .map { if (it.startsWith("set")) it.removePrefix("set").replaceFirstChar(Char::lowercase) else it }
        .toSet()

/** The properties of a value of options. */
internal fun Any.values() =
    javaClass
        .ownMethods()
        .filter { it.parameterCount == 0 && it.name != "toBuilder" }
        .associate { it.name to it.invoke(this) }
