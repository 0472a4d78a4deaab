drop view contact_timeline;
