// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs

import org.objectweb.asm.ClassReader
import org.objectweb.asm.ClassWriter
import org.objectweb.asm.Opcodes
import org.objectweb.asm.tree.ClassNode
import org.objectweb.asm.tree.MethodNode
import java.io.ByteArrayOutputStream
import java.lang.module.ModuleDescriptor
import java.nio.file.Files
import java.nio.file.Path
import java.util.jar.JarEntry
import java.util.jar.JarOutputStream
import kotlin.io.path.exists
import kotlin.io.path.extension
import kotlin.io.path.inputStream
import kotlin.io.path.readBytes
import kotlin.streams.asSequence

/** The access flags that users depend on. Those of nested classes are in the attribute InnerClasses. */
private val modifiers =
    linkedMapOf(
        "public" to Opcodes.ACC_PUBLIC,
        "protected" to Opcodes.ACC_PROTECTED,
        "static" to Opcodes.ACC_STATIC,
        "final" to Opcodes.ACC_FINAL,
        "abstract" to Opcodes.ACC_ABSTRACT,
        "interface" to Opcodes.ACC_INTERFACE,
        "annotation" to Opcodes.ACC_ANNOTATION,
        "enum" to Opcodes.ACC_ENUM,
    )

/** Bridges, synchronization and variable arguments share bits with flags of other elements. */
private const val MEMBER =
    Opcodes.ACC_PUBLIC or Opcodes.ACC_PROTECTED or Opcodes.ACC_STATIC or Opcodes.ACC_FINAL or Opcodes.ACC_ABSTRACT

private fun words(access: Int) = modifiers.filterValues { access and it != 0 }.keys.joinToString("") { "$it " }

private fun list(
    word: String,
    names: List<String>?,
) = if (names.isNullOrEmpty()) "" else " $word ${names.joinToString(" ")}"

private fun visible(access: Int) = access and (Opcodes.ACC_PUBLIC or Opcodes.ACC_PROTECTED) != 0

private fun accessOf(type: ClassNode) = type.innerClasses.find { it.name == type.name }?.access ?: type.access

/** Kotlin's parameters with defaults and its private copies of constructors are called by users' bytecode. */
private fun calledByKotlin(method: MethodNode) =
    method.name.endsWith("\$default") || method.desc.endsWith("Lkotlin/jvm/internal/DefaultConstructorMarker;)V")

private fun describe(
    type: ClassNode,
    hidden: Hidden,
): List<String> {
    val head =
        "class ${words(accessOf(type))}${type.name}" + list("extends", listOf(type.superName)) +
            list("implements", type.interfaces) + list("signature", listOfNotNull(type.signature))
    val fields =
        type.fields.filter { visible(it.access) && it.access and Opcodes.ACC_SYNTHETIC == 0 }.map {
            "  field ${words(it.access and (MEMBER or Opcodes.ACC_ENUM))}${it.name} ${it.desc}" +
                list("signature", listOfNotNull(it.signature))
        }
    val methods =
        type.methods
            .filter { visible(it.access) && !hidden.contains(it.name, it.desc) }
            .filter { it.access and Opcodes.ACC_SYNTHETIC == 0 || calledByKotlin(it) }
            .map {
                "  method ${words(it.access and MEMBER)}${it.name} ${it.desc}" + list("throws", it.exceptions) +
                    list("signature", listOfNotNull(it.signature))
            }
    return listOf(head) + fields.sorted() + methods.sorted()
}

/**
 * The API of a module's [classes] as text: the public and protected elements of the exported packages, one a line, with
 * the supertypes that they are inherited from.
 */
internal fun apiOf(classes: Path): List<String> {
    val exported =
        classes.resolve("module-info.class").takeIf { it.exists() }?.inputStream()?.use { stream ->
            ModuleDescriptor
                .read(stream)
                .exports()
                .filterNot { it.isQualified }
                .map { it.source().replace('.', '/') }
                .toSet()
        }
    val all =
        Files.walk(classes).use { files ->
            files
                .asSequence()
                .filter { it.extension == "class" && it.fileName.toString() != "module-info.class" }
                .map { ClassNode().apply { ClassReader(it.readBytes()).accept(this, ClassReader.SKIP_CODE) } }
                .associateBy { it.name }
        }
    val hidden = all.mapValues { hiddenByKotlin(it.value) }

    fun offered(name: String): Boolean {
        val type = all[name] ?: return false
        val outer = type.innerClasses.find { it.name == name }
        return when {
            hidden.getValue(name).all || !visible(accessOf(type)) -> false
            outer != null -> outer.outerName != null && offered(outer.outerName)
            else -> exported == null || name.substringBeforeLast('/') in exported
        }
    }
    val named = all.keys.filter(::offered).toMutableSet()
    val open = ArrayDeque(named)
    while (open.isNotEmpty()) {
        val type = all.getValue(open.removeFirst())
        (type.interfaces + type.superName).filter { it in all && named.add(it) }.forEach(open::add)
    }
    return named.sorted().flatMap { describe(all.getValue(it), hidden.getValue(it)) }
}

private class Line(
    text: String,
) {
    private val tokens = text.trim().split(' ')
    val kind = tokens[0]
    private val flags = tokens.drop(1).takeWhile { it in modifiers }
    val access = flags.sumOf { modifiers.getValue(it) }
    private val rest = tokens.drop(1 + flags.size)
    val name = rest[0]
    val descriptor = rest.getOrNull(1).orEmpty()

    fun after(word: String): Array<String> =
        rest
            .dropWhile { it != word }
            .drop(1)
            .takeWhile { it !in listOf("extends", "implements", "throws", "signature") }
            .toTypedArray()

    val signature = after("signature").firstOrNull()
}

/** Classes without code, in a jar: what such a text describes, for comparison by japicmp. */
internal fun jarOf(api: List<String>): ByteArray {
    val bytes = ByteArrayOutputStream()
    JarOutputStream(bytes).use { jar ->
        var next = 0
        while (next < api.size) {
            val type = Line(api[next++])
            val writer = ClassWriter(0)
            val nested = type.access and (Opcodes.ACC_STATIC or Opcodes.ACC_PROTECTED).inv()
            writer.visit(
                Opcodes.V17,
                nested or Opcodes.ACC_SUPER,
                type.name,
                type.signature,
                type.after("extends").single(),
                type.after("implements"),
            )
            if ('$' in type.name) {
                val outer = type.name.substringBeforeLast('$')
                writer.visitInnerClass(type.name, outer, type.name.substringAfterLast('$'), type.access)
            }
            while (next < api.size && api[next].startsWith("  ")) {
                val member = Line(api[next++])
                if (member.kind == "field") {
                    writer.visitField(member.access, member.name, member.descriptor, member.signature, null)
                } else {
                    val failures = member.after("throws")
                    writer.visitMethod(member.access, member.name, member.descriptor, member.signature, failures)
                }
            }
            writer.visitEnd()
            jar.putNextEntry(JarEntry("${type.name}.class"))
            jar.write(writer.toByteArray())
        }
    }
    return bytes.toByteArray()
}
