package org.fulmar.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.ObjectInputStream;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.TreeMap;
import javax.naming.InitialContext;
import javax.naming.spi.NamingManager;

/** The house rules that the build keeps: who may know whom, and what logic must not reach for. */
@AnalyzeClasses(packages = "org.fulmar", importOptions = ArchitectureTest.WithoutTests.class)
class ArchitectureTest {
    /** Wherever the build puts them: {@link ImportOption.DoNotIncludeTests} knows {@code target/test-classes} alone. */
    static final class WithoutTests implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/test-classes/");
        }
    }

    @ArchTest
    static final ArchRule protocolKnowsNothingOfOurs = noClasses()
            .that()
            .resideInAPackage("org.fulmar.protocol..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.nameserver..",
                    "org.fulmar.broker..",
                    "org.fulmar.client..",
                    "org.fulmar.jms..",
                    "org.fulmar.jndi..");

    @ArchTest
    static final ArchRule nameServerKnowsTheProtocolAlone = noClasses()
            .that()
            .resideInAPackage("org.fulmar.nameserver..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.fulmar.broker..", "org.fulmar.client..", "org.fulmar.jms..", "org.fulmar.jndi..");

    @ArchTest
    static final ArchRule brokerKnowsTheProtocolAlone = noClasses()
            .that()
            .resideInAPackage("org.fulmar.broker..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.nameserver..", "org.fulmar.client..", "org.fulmar.jms..", "org.fulmar.jndi..");

    @ArchTest
    static final ArchRule clientKnowsTheProtocolAlone = noClasses()
            .that()
            .resideInAnyPackage("org.fulmar.jms..", "org.fulmar.jndi..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.fulmar.nameserver..", "org.fulmar.broker..");

    @ArchTest
    static final ArchRule nativeClientKnowsTheProtocolAlone = noClasses()
            .that()
            .resideInAPackage("org.fulmar.client..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.nameserver..",
                    "org.fulmar.broker..",
                    "org.fulmar.jms..",
                    "org.fulmar.jndi..",
                    "org.fulmar.protocol.jms..",
                    "jakarta.jms..");

    @ArchTest
    static final ArchRule nativeClientsCoreKnowsNoProducersOrConsumers = noClasses()
            .that()
            .resideInAPackage("org.fulmar.client")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.fulmar.client.producer..", "org.fulmar.client.consumer..");

    @ArchTest
    static final ArchRule jmsKnowsNothingOfJndi = noClasses()
            .that()
            .resideInAPackage("org.fulmar.jms..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.fulmar.jndi..");

    @ArchTest
    static final ArchRule jndiAsksNoOtherNamingService = noClasses()
            .that()
            .resideInAPackage("org.fulmar.jndi..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(InitialContext.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(NamingManager.class);

    @ArchTest
    static final ArchRule jmsObjectsReachTheWireByTheLinkAlone = noClasses()
            .that()
            .resideInAPackage("org.fulmar.jms.session..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.fulmar.protocol.transport..", "org.fulmar.protocol.frame..", "io.netty..");

    @ArchTest
    static final ArchRule storeKnowsNothingOfDeliveryOrTheNetwork = noClasses()
            .that()
            .resideInAPackage("org.fulmar.broker.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.broker.delay..",
                    "org.fulmar.broker.delivery..",
                    "org.fulmar.broker.retention..",
                    "org.fulmar.broker.server..",
                    "org.fulmar.broker.topic..",
                    "org.fulmar.broker.security..",
                    "org.fulmar.broker.config..",
                    "org.fulmar.protocol.transport..",
                    "org.fulmar.protocol.jms..");

    @ArchTest
    static final ArchRule timingWheelKnowsTheStoreAlone = noClasses()
            .that()
            .resideInAPackage("org.fulmar.broker.delay..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.broker.delivery..",
                    "org.fulmar.broker.server..",
                    "org.fulmar.broker.topic..",
                    "org.fulmar.broker.security..",
                    "org.fulmar.broker.config..",
                    "org.fulmar.protocol.transport..",
                    "org.fulmar.protocol.jms..");

    @ArchTest
    static final ArchRule retentionKnowsTheStoreAlone = noClasses()
            .that()
            .resideInAPackage("org.fulmar.broker.retention..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.broker.delay..",
                    "org.fulmar.broker.delivery..",
                    "org.fulmar.broker.transaction..",
                    "org.fulmar.broker.server..",
                    "org.fulmar.broker.topic..",
                    "org.fulmar.broker.security..",
                    "org.fulmar.broker.config..",
                    "org.fulmar.protocol.transport..",
                    "org.fulmar.protocol.jms..");

    @ArchTest
    static final ArchRule transactionsHaveNoThreadsClocksOrFiles = noClasses()
            .that()
            .resideInAPackage("org.fulmar.broker.transaction..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.broker.server..",
                    "org.fulmar.broker.delivery..",
                    "org.fulmar.protocol.transport..",
                    "java.util.concurrent..",
                    "java.nio.file..",
                    "java.time..")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class);

    @ArchTest
    static final ArchRule consumerGroupsHaveNoThreadsClocksOrFiles = noClasses()
            .that()
            .resideInAPackage("org.fulmar.broker.consume..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.broker.server..",
                    "org.fulmar.broker.delivery..",
                    "org.fulmar.protocol.transport..",
                    "java.util.concurrent..",
                    "java.nio.file..",
                    "java.time..")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class);

    @ArchTest
    static final ArchRule deliveryHasNoThreadsClocksOrFiles = noClasses()
            .that()
            .resideInAnyPackage("org.fulmar.broker.delivery..", "org.fulmar.broker.pop..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.broker.server..",
                    "org.fulmar.protocol.transport..",
                    "java.util.concurrent..",
                    "java.nio.file..",
                    "java.time..")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class);

    @ArchTest
    static final ArchRule selectorsKnowMessagesAlone = noClasses()
            .that()
            .resideInAPackage("org.fulmar.broker.filter..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.fulmar.broker.server..",
                    "org.fulmar.broker.store..",
                    "org.fulmar.broker.topic..",
                    "org.fulmar.broker.config..",
                    "org.fulmar.protocol.transport..",
                    "java.util.concurrent..",
                    "java.nio.file..",
                    "java.time..");

    @ArchTest
    static final ArchRule onlySelectorsAreParsedByGrammar = noClasses()
            .that()
            .resideOutsideOfPackage("org.fulmar.broker.filter..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.antlr..", "org.fulmar.broker.filter.grammar..");

    @ArchTest
    static final ArchRule noWallClockInLogic = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("Main")
            .and()
            .doNotHaveSimpleName("FulmarConnectionFactory")
            .and()
            .doNotHaveSimpleName("EmbeddedBrokers")
            .and()
            .doNotHaveSimpleName("ClientInstance")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now");

    /** Objects come out of bytes in one place, which admits what the allow list says; never for other messages. */
    @ArchTest
    static final ArchRule onlyTheFilterReadsObjects = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("FilteredObjectInput")
            .should()
            .callConstructorWhere(DescribedPredicate.describe(
                    "of an ObjectInputStream that does not filter",
                    call -> call.getTargetOwner().isEquivalentTo(ObjectInputStream.class)))
            .orShould()
            .beAssignableTo(ObjectInputStream.class);

    @ArchTest
    static final ArchRule onlyObjectMessagesReadObjects = noClasses()
            .that()
            .doNotHaveSimpleName("FulmarObjectMessage")
            .and()
            .doNotHaveSimpleName("FilteredObjectInput")
            .should()
            .dependOnClassesThat()
            .haveSimpleName("FilteredObjectInput");

    @ArchTest
    static final ArchRule onlyMainsEndTheProcess =
            noClasses().that().haveSimpleNameNotEndingWith("Main").should().callMethod(System.class, "exit", int.class);

    @ArchTest
    static final ArchRule packagesAreNamedByResponsibility =
            classes().should().resideOutsideOfPackages("..util..", "..impl..", "..common..", "..manager..");

    /** The static bytes of the broker are the numbers of its facts: a replay tells them apart by these alone. */
    @ArchTest
    static void factsHaveNumbersOfTheirOwn(JavaClasses classes) throws IllegalAccessException {
        Map<Byte, String> owners = new TreeMap<>();
        for (JavaClass owner : classes) {
            for (JavaField each : owner.getFields()) {
                if (!owner.getPackageName().startsWith("org.fulmar.broker.")
                        || !each.getRawType().isEquivalentTo(byte.class)
                        || !each.getModifiers().contains(JavaModifier.STATIC)) {
                    continue;
                }
                Field field = each.reflect();
                field.setAccessible(true);
                String other = owners.putIfAbsent(field.getByte(null), each.getFullName());
                assertThat(other)
                        .as("a fact with the number of " + each.getFullName())
                        .isNull();
            }
        }
        assertThat(owners).hasSizeGreaterThan(30);
    }
}
