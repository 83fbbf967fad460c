// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs

import org.objectweb.asm.tree.ClassNode
import kotlin.metadata.KmConstructor
import kotlin.metadata.KmFunction
import kotlin.metadata.KmProperty
import kotlin.metadata.Visibility
import kotlin.metadata.jvm.JvmMethodSignature
import kotlin.metadata.jvm.KotlinClassMetadata
import kotlin.metadata.jvm.getterSignature
import kotlin.metadata.jvm.setterSignature
import kotlin.metadata.jvm.signature
import kotlin.metadata.visibility

/** What is public in bytecode, but internal in Kotlin: the class itself ([all]), or some of its methods. */
internal class Hidden(
    val all: Boolean,
    private val methods: Set<Pair<String, String>> = emptySet(),
) {
    private val names = methods.map { it.first }.toSet()

    fun contains(
        name: String,
        descriptor: String,
    ): Boolean =
        name to descriptor in methods || (name.endsWith("\$default") && name.removeSuffix("\$default") in names) ||
            (descriptor.endsWith("Lkotlin/jvm/internal/DefaultConstructorMarker;)V") && "<init>" in names)
}

private fun hides(visibility: Visibility) = visibility != Visibility.PUBLIC && visibility != Visibility.PROTECTED

private fun hiddenOf(
    constructors: List<KmConstructor>,
    functions: List<KmFunction>,
    properties: List<KmProperty>,
): Set<Pair<String, String>> {
    val signatures =
        constructors.filter { hides(it.visibility) }.map { it.signature } +
            functions.filter { hides(it.visibility) }.map { it.signature } +
            properties.filter { hides(it.visibility) || hides(it.getter.visibility) }.map { it.getterSignature } +
            properties
                .filter { property ->
                    hides(property.visibility) ||
                        property.setter?.let { hides(it.visibility) } == true
                }.map { it.setterSignature }
    return signatures
        .filterNotNull()
        .map { signature: JvmMethodSignature ->
            signature.name to signature.descriptor
        }.toSet()
}

private fun metadataOf(type: ClassNode): Metadata? {
    val annotation = type.visibleAnnotations.orEmpty().find { it.desc == "Lkotlin/Metadata;" } ?: return null
    val values = annotation.values.chunked(2).associate { (name, value) -> name as String to value }

    fun strings(name: String) = (values[name] as List<*>?).orEmpty().map { it as String }.toTypedArray()

    fun ints(name: String) = (values[name] as List<*>?).orEmpty().map { it as Int }.toIntArray()
    return Metadata(
        kind = values["k"] as Int? ?: 1,
        metadataVersion = values["mv"] as? IntArray ?: ints("mv"),
        data1 = strings("d1"),
        data2 = strings("d2"),
        extraString = values["xs"] as String? ?: "",
        packageName = values["pn"] as String? ?: "",
        extraInt = values["xi"] as Int? ?: 0,
    )
}

internal fun hiddenByKotlin(type: ClassNode): Hidden {
    val metadata = metadataOf(type) ?: return Hidden(false)
    return when (val read = KotlinClassMetadata.readStrict(metadata)) {
        is KotlinClassMetadata.Class -> {
            val kotlin = read.kmClass
            Hidden(hides(kotlin.visibility), hiddenOf(kotlin.constructors, kotlin.functions, kotlin.properties))
        }

        is KotlinClassMetadata.FileFacade -> {
            Hidden(false, hiddenOf(emptyList(), read.kmPackage.functions, read.kmPackage.properties))
        }

        is KotlinClassMetadata.SyntheticClass -> {
            Hidden(true)
        }

        else -> {
            error("${type.name}: no such class was expected")
        }
    }
}
