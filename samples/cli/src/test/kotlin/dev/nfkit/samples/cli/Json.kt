// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

/**
 * Reads one object that a command has printed, which must be valid by the schema of all commands. Reads JSON (RFC 8259)
 * strictly: objects as maps, arrays as lists, integers as Long, others as Double.
 */
internal fun parseJson(text: String): Map<String, Any> {
    Schemas.check(text)
    val reader = JsonReader(text)
    val value = reader.value()
    check(reader.at == text.length) { "more text after the object at ${reader.at}: $text" }
    @Suppress("UNCHECKED_CAST")
    return value as Map<String, Any>
}

private class JsonReader(
    private val text: String,
) {
    var at = 0

    fun value(): Any =
        when {
            text.startsWith("true", at) -> true.also { at += 4 }
            text.startsWith("false", at) -> false.also { at += 5 }
            text[at] == '{' -> members()
            text[at] == '[' -> items()
            text[at] == '"' -> string()
            else -> number()
        }

    private fun expect(c: Char) {
        check(text[at++] == c) { "no $c at ${at - 1}: $text" }
    }

    private fun members(): Map<String, Any> {
        val members = linkedMapOf<String, Any>()
        expect('{')
        while (text[at] != '}') {
            if (members.isNotEmpty()) {
                expect(',')
            }
            val key = string()
            expect(':')
            check(members.put(key, value()) == null) { "$key occurs twice: $text" }
        }
        expect('}')
        return members
    }

    private fun items(): List<Any> {
        val items = mutableListOf<Any>()
        expect('[')
        while (text[at] != ']') {
            if (items.isNotEmpty()) {
                expect(',')
            }
            items += value()
        }
        expect(']')
        return items
    }

    private fun string(): String {
        expect('"')
        val value = StringBuilder()
        while (text[at] != '"') {
            val c = text[at++]
            check(c >= ' ') { "a control character at $at: $text" }
            if (c != '\\') {
                value.append(c)
                continue
            }
            when (val escape = text[at++]) {
                '"', '\\' -> {
                    value.append(escape)
                }

                else -> {
                    check(escape == 'u') { "an unknown escape at $at: $text" }
                    value.append(text.substring(at, at + 4).toInt(16).toChar())
                    at += 4
                }
            }
        }
        expect('"')
        return value.toString()
    }

    private fun number(): Any {
        val number = Regex("-?(0|[1-9]\\d*)(\\.\\d+)?").matchAt(text, at)
        check(number != null) { "no value at $at: $text" }
        at = number.range.last + 1
        return if ('.' in number.value) number.value.toDouble() else number.value.toLong()
    }
}
