package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** On one topic, by each kind of subscription. */
public final class TopicBeans {
    private TopicBeans() {}

    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "news")
            })
    public static class Passing implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("passing", message, null);
        }
    }

    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "news"),
                @ActivationConfigProperty(propertyName = "subscriptionDurability", propertyValue = "Durable"),
                @ActivationConfigProperty(propertyName = "clientId", propertyValue = "reader"),
                @ActivationConfigProperty(propertyName = "subscriptionName", propertyValue = "daily"),
                @ActivationConfigProperty(propertyName = "messageSelector", propertyValue = "kind = 'text'")
            })
    public static class Durable implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("durable", message, null);
        }
    }

    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "news"),
                @ActivationConfigProperty(propertyName = "subscriptionDurability", propertyValue = "Durable"),
                @ActivationConfigProperty(propertyName = "shareSubscriptions", propertyValue = "true"),
                @ActivationConfigProperty(propertyName = "subscriptionName", propertyValue = "office")
            })
    public static class Sharing implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("sharing", message, null);
        }
    }

    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "news"),
                @ActivationConfigProperty(propertyName = "subscriptionDurability", propertyValue = "Durable"),
                @ActivationConfigProperty(propertyName = "shareSubscriptions", propertyValue = "true"),
                @ActivationConfigProperty(propertyName = "subscriptionName", propertyValue = "office")
            })
    public static class SharingToo implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("sharing", message, null);
        }
    }

    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "news"),
                @ActivationConfigProperty(propertyName = "shareSubscriptions", propertyValue = "true"),
                @ActivationConfigProperty(propertyName = "subscriptionName", propertyValue = "corridor")
            })
    public static class SharingInPassing implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("sharing-in-passing", message, null);
        }
    }
}
