package dev.nfkit.coroutines

import java.lang.reflect.Modifier

/** Sets an option in Kotlin to other than its default, and says what the Java value must then hold. */
internal class Setting<B, V>(
    val read: (V) -> Any,
    val expected: Any,
    val set: B.() -> Unit,
)

/** The public methods that a class has of itself, as a user of Java sees them. */
internal fun Class<*>.ownMethods() =
    declaredMethods.filter {
        Modifier.isPublic(it.modifiers) && !Modifier.isStatic(it.modifiers) && !it.isSynthetic
    }

/** The options that a Java builder has. */
internal fun Class<*>.options() = ownMethods().map { it.name }.filter { it != "build" }.toSet()

/** The options that a Kotlin builder has: properties by their setters, and functions. Value classes mangle names. */
internal fun Class<*>.kotlinOptions() =
    ownMethods()
        .map { it.name.substringBefore('-').substringBefore('$') }
        .filter { !it.startsWith("get") && it != "build" }
        .map { if (it.startsWith("set")) it.removePrefix("set").replaceFirstChar(Char::lowercase) else it }
        .toSet()

/** What a value of options tells of itself. */
internal fun Any.values() =
    javaClass
        .ownMethods()
        .filter { it.parameterCount == 0 && it.name != "toBuilder" }
        .associate { it.name to it.invoke(this) }
